"""Bodies: JSON and forms in, JSON out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.exceptions import BadRequest, Invalid, UnsupportedMediaType
from bzz.http import bodies
from bzz.schema.numbers import JsonNumber
from bzz.schema.scalars import DECIMAL, FLOAT, INTEGER
from bzz.schema.types import FormValue


def decode(body: bytes | str, content_type: str = bodies.FORM) -> dict[str, Any]:
    return bodies.decode(content_type, body if isinstance(body, bytes) else body.encode(), {})


@pytest.mark.parametrize(
    ("form", "decoded"),
    [
        ("name=Ada+L%C3%B3", {"name": ("Ada Ló",)}),
        ("name=Ada+Ló", {"name": ("Ada Ló",)}),
        ("a=1&a=2", {"a": ("1", "2")}),
        ("a[]=1&a[]=2", {"a": ("1", "2")}),
        ("a%5B%5D=1&a=2", {"a": ("1", "2")}),
        ("child.first_name=Ada&child.last.x=1", {"child": {"first_name": ("Ada",), "last": {"x": ("1",)}}}),
        ("name=", {"name": ("",)}),
        ("name", {"name": ("",)}),
        ("formula=a%3Db%2Bc", {"formula": ("a=b+c",)}),
        ("formula=a=b", {"formula": ("a=b",)}),
    ],
)
def test_a_form_is_nested_by_its_dotted_keys(form: str, decoded: dict[str, Any]) -> None:
    assert decode(form) == decoded


def test_a_field_of_a_form_cannot_be_both_a_value_and_an_object() -> None:
    for form in ("a=1&a.b=2", "a.b=2&a=1"):
        with pytest.raises(Invalid):
            decode(form)


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/merge-patch+json", "Application/JSON; charset=UTF-8"]
)
def test_a_json_object_is_decoded_for_each_json_media_type(content_type: str) -> None:
    assert decode('{"a": [1, null]}', content_type) == {"a": [1, None]}


@pytest.mark.parametrize(
    "body", ["{", "[1]", "3", '"x"', "null", '{"a": NaN}', '{"a": "\\ud800"}', b"\xff", b'{"a": "\xff"}']
)
def test_malformed_json_is_a_bad_request(body: bytes | str) -> None:
    with pytest.raises(BadRequest):
        decode(body, "application/json")


@pytest.mark.parametrize(
    "body",
    [
        '{"a":' + "[" * 40 + "]" * 40 + "}",
        '{"a":' * 40 + "1" + "}" * 40,
        '{"a":' + "[" * 900 + "]" * 900 + "}",
        '{"a":' + "[" * 90000 + "]" * 90000 + "}",
    ],
)
def test_json_nested_too_deep_is_a_bad_request(body: str) -> None:
    with pytest.raises(BadRequest):
        decode(body, "application/json")


def test_long_json_that_is_not_deep_is_decoded() -> None:
    body = {"a": [{"b": [1]} for _ in range(100)]}
    assert decode(orjson.dumps(body), "application/json") == body


@pytest.mark.parametrize("body", [b"a=%ff", b"a=\xff", ".".join("a" * 40).encode() + b"=1", b"&".join([b"a=1"] * 1001)])
def test_a_malformed_form_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        decode(body)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/jsonx",
        "application/json; charset=latin-1",
        "application/json; charset=latin-1; x=utf-8",
    ],
)
def test_another_kind_of_body_is_an_unsupported_media_type(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        decode("{}", content_type)


def test_an_empty_body_is_an_empty_object_for_any_media_type() -> None:
    assert decode("", "text/plain") == {}


def test_a_multipart_form_is_nested_like_any_form() -> None:
    got = bodies.decode("multipart/form-data; boundary=x", b"...", {"a.b": [b"1", b"2"]})
    assert got == {"a": {"b": FormValue(("1", "2"))}}
    with pytest.raises(BadRequest):
        bodies.decode("multipart/form-data; boundary=x", b"...", {"a": [b"\xff"]})


@given(st.binary(), st.sampled_from(["application/json", bodies.FORM]))
def test_any_bytes_are_decoded_or_a_bad_request(body: bytes, content_type: str) -> None:
    try:
        decoded: Any = decode(body, content_type)
    except BadRequest:
        return
    assert isinstance(decoded, dict)


@pytest.mark.parametrize("text", ["0.1", "1e22", "0.30000000000000004", "-1.7976931348623157e308", "123456789012345"])
def test_a_number_that_a_float_keeps_is_a_float_or_an_integer(text: str) -> None:
    found = decode(f'{{"a": {text}}}', "application/json")["a"]
    assert (type(found), found) in [(float, float(text)), (int, float(text))]


@pytest.mark.parametrize(
    "text", ["1234567890123456.78", "0.12345678901234567890", "-99999999999999999999.5", "1.00000000000000001e-7"]
)
def test_a_number_that_a_float_does_not_keep_has_all_its_digits(text: str) -> None:
    found = decode(f'{{"a": [{{"b": {text}}}]}}', "application/json")["a"][0]["b"]
    assert (type(found), found) == (JsonNumber, Decimal(text))


def test_a_number_of_17_digits_stands_for_its_float() -> None:
    found = decode('{"a": 0.10000000000000001}', "application/json")["a"]
    assert (found, FLOAT.parse(found), DECIMAL.parse(found)) == (Decimal("0.10000000000000001"), 0.1, found)


@pytest.mark.parametrize(
    "text", ["12345678901234567890123456789012345.5", "1234567890123456e-999999", "1.0000000000000000001"]
)
def test_a_number_with_many_digits_is_no_integer(text: str) -> None:
    found = decode(f'{{"a": {text}}}', "application/json")["a"]
    with pytest.raises(ValueError, match="expected an integer"):
        INTEGER.parse(found)


def test_an_integer_may_be_written_with_a_fraction_of_zeros() -> None:
    assert INTEGER.parse(decode('{"a": 1234567890123456789.0}', "application/json")["a"]) == 1234567890123456789


def test_a_long_integer_has_all_its_digits() -> None:
    assert decode('{"a": 18446744073709551616}', "application/json") == {"a": 2**64}


def test_an_integer_of_thousands_of_digits_is_a_bad_request() -> None:
    for body in (b'{"a": ' + b"1" * 300 + b', "b": ' + b"1" * 5000 + b"}", b'{"a": 1' + b"0" * 5000 + b"}"):
        with pytest.raises(BadRequest):
            decode(body, "application/json")


def test_a_multipart_boundary_may_be_the_word_charset() -> None:
    assert bodies.decode("multipart/form-data; boundary=charset", b"x", {"a": [b"1"]}) == {"a": ("1",)}


def test_a_lone_surrogate_in_a_form_is_a_bad_request() -> None:
    for form in ({"a\ud800": [b"1"]}, {"a.\ud800.b": [b"1"]}):
        with pytest.raises(BadRequest):
            bodies.decode("multipart/form-data; boundary=x", b"x", form)
