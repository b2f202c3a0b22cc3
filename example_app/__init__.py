"""A team directory: people, teams with members and projects, and a page that shows the signals as they fire."""
