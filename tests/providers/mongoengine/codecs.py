"""The codec of one field, and a field that holds one of two documents."""

from __future__ import annotations

from typing import Any

import mongoengine as me

from bzz.providers.mongoengine import composite_codecs
from bzz.providers.mongoengine.codec import Codec
from bzz.providers.mongoengine.documents import document_class_of
from tests.providers.mongoengine.models import Part, Tree

PARTS = me.GenericEmbeddedDocumentField(choices=[Part, Tree])


def codec(field: Any) -> Codec:
    field.name = "field"
    return composite_codecs.codec_of(field, document_class_of)
