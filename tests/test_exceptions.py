from __future__ import annotations

import inspect
import re
from http import HTTPStatus

from bzz import exceptions
from bzz.exceptions import BzzError, Invalid, MethodNotAllowed, Unavailable


def test_the_tree_drawn_at_the_top_of_the_module_is_the_tree() -> None:
    drawn = dict(re.findall(r"([A-Z]\w+) +(\d{3})", exceptions.__doc__ or ""))
    classes = [c for _, c in inspect.getmembers(exceptions, inspect.isclass) if issubclass(c, BzzError)]
    assert drawn == {c.__name__: str(c.status_code) for c in classes}


def test_every_status_is_one_that_http_knows() -> None:
    assert all(HTTPStatus(c.status_code) for c in BzzError.__subclasses__())


def test_an_error_about_input_is_a_value_error_with_messages_by_field() -> None:
    error = Invalid(errors={"age": ["expected an integer"]})
    assert isinstance(error, ValueError)
    assert error.errors == {"age": ["expected an integer"]}


def test_errors_bring_the_header_fields_their_status_asks_for() -> None:
    assert MethodNotAllowed(["GET", "POST"]).headers == {"Allow": "GET, POST"}
    assert Unavailable("down", retry_after=7).headers == {"Retry-After": "7"}


def test_an_error_says_what_it_is_about_whatever_its_detail_is() -> None:
    assert str(exceptions.Invalid("No.", errors={"age": ["is old"]})) == "No. {'age': ['is old']}"
    assert str(exceptions.Conflict("", errors={"age": ["is old"]})) == "{'age': ['is old']}"
    assert str(exceptions.Forbidden(None)) == "None"  # type: ignore[arg-type]
    assert str(exceptions.NotFound("Not here.")) == "Not here."
