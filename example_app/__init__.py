"""The example: a team directory.

It has people, and teams with members and projects. A page shows each signal when it is sent.
"""
