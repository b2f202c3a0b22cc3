"""The instances that a list contains."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

from bzz.providers.conditions import Condition, all_hold, value_at
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks

EQUALITY = ("eq", "ne", "in", "nin")


class Filtering(MemoryProvider):
    """Tests each condition with ``meets``."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        every = replace(query, where=[], per_page=10_000, page=1)
        listing = await super().list(schema, every, **options)
        items = [item for item in listing.items if self.meets_all(query.where, item.values)]
        end = query.skip + query.per_page
        total = len(items) if query.count else None
        return replace(listing, items=items[query.skip : end], more=len(items) > end, total=total)

    def meets_all(self, where: Any, values: Any) -> bool:
        return all(self.meets(one, value_at(values, one.field)) for one in where)

    def meets(self, condition: Condition, value: Any) -> bool:
        """Whether the value of an instance's field meets a condition on the field."""
        return holds(condition.operator, value, condition.value)


def holds(operator: str, value: Any, wanted: Any) -> bool:
    return all_hold([Condition("x", operator, wanted)])({"x": value})


@breaks("An instance of a list meets all conditions.", "an_instance_must_meet_all_conditions")
class FirstCondition(Filtering):
    """Applies the first condition only."""

    def meets_all(self, where: Any, values: Any) -> bool:
        return super().meets_all(where[:1], values)


@breaks("It is not enough to meet one condition.", "an_instance_must_meet_all_conditions")
class AnyCondition(Filtering):
    """Finds instances that meet one of the conditions."""

    def meets_all(self, where: Any, values: Any) -> bool:
        return not where or any(super(AnyCondition, self).meets_all([one], values) for one in where)


class Folding(Filtering):
    """Compares texts after a conversion."""

    operators: Any = EQUALITY

    def fold(self, text: str) -> str:
        raise NotImplementedError

    def meets(self, condition: Condition, value: Any) -> bool:
        if condition.operator not in self.operators:
            return super().meets(condition, value)
        wanted = (
            [self.folded(one) for one in condition.value] if condition.operator in ("in", "nin") else condition.value
        )
        return holds(condition.operator, self.folded(value), self.folded(wanted))

    def folded(self, value: Any) -> Any:
        return self.fold(value) if isinstance(value, str) else value


@breaks("eq tells upper from lower case.", "equal_texts_have_the_same_characters", operator="eq")
@breaks("nin tells upper from lower case.", "equal_texts_have_the_same_characters", operator="nin")
class IgnoresCase(Folding):
    """Compares texts as MySQL does by default."""

    def fold(self, text: str) -> str:
        return text.casefold()


@breaks("in counts blanks at the end.", "equal_texts_have_the_same_characters", operator="in")
class IgnoresBlanks(Folding):
    """Ignores blanks at the end of a text, as CHAR does."""

    def fold(self, text: str) -> str:
        return text.rstrip(" ")


@breaks("ne tells letters with accents from letters without.", "equal_texts_have_the_same_characters", operator="ne")
class IgnoresAccents(Folding):
    """Ignores accents."""

    def fold(self, text: str) -> str:
        return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


@breaks("Two spellings of an accent are two texts.", "equal_texts_have_the_same_characters", operator="eq")
class Normalizes(Folding):
    """Compares texts in one form of Unicode."""

    def fold(self, text: str) -> str:
        return unicodedata.normalize("NFC", text)


@breaks("contains tells upper from lower case.", "text_operators_take_their_value_literally", operator="contains")
@breaks("startswith tells it, too.", "text_operators_take_their_value_literally", operator="startswith")
class IgnoresCaseInside(IgnoresCase):
    """Compares parts of texts as LIKE does in SQLite."""

    operators = ("contains", "startswith", "endswith")


@breaks("iendswith ignores upper and lower case.", "text_operators_take_their_value_literally", operator="iendswith")
class TellsCase(Filtering):
    """Has one operator for ``endswith`` and ``iendswith``."""

    def meets(self, condition: Condition, value: Any) -> bool:
        return holds(condition.operator.replace("iends", "ends"), value, condition.value)


@breaks("A percent sign stands for itself.", "text_operators_take_their_value_literally", operator="icontains")
class Wildcards(Filtering):
    """Takes a percent sign for any text."""

    def meets(self, condition: Condition, value: Any) -> bool:
        wanted = condition.value
        return super().meets(replace(condition, value="" if wanted == "%" else wanted), value)


@breaks("endswith looks at the end.", "text_operators_take_their_value_literally", operator="endswith")
class FindsAnywhere(Filtering):
    """Looks for the value anywhere in the text."""

    def meets(self, condition: Condition, value: Any) -> bool:
        return holds(condition.operator.replace("endswith", "contains"), value, condition.value)


@breaks("A text comes after each text that it begins with.", "text_comes_before_or_after_another_text", operator="gt")
class FirstLetter(Filtering):
    """Orders texts by their first letter."""

    def meets(self, condition: Condition, value: Any) -> bool:
        if condition.operator in ("gt", "lt") and isinstance(value, str):
            return holds(condition.operator, value[:1], condition.value[:1])
        return super().meets(condition, value)


@breaks("gte finds the value itself.", "conditions_on_numbers_agree_with_all_hold")
@breaks("lte finds the text itself.", "text_comes_before_or_after_another_text", operator="lte")
class Excludes(Filtering):
    """Has one operator for ``gt`` and ``gte``, and one for ``lt`` and ``lte``."""

    def meets(self, condition: Condition, value: Any) -> bool:
        return holds({"gte": "gt", "lte": "lt"}.get(condition.operator, condition.operator), value, condition.value)


@breaks("ne finds null.", "null_equals_null_only", feature="balance")
@breaks("nin finds null.", "null_equals_null_only", feature="token")
class LosesNull(Filtering):
    """Does not find null with ``ne`` and ``nin``, as SQL does not."""

    def meets(self, condition: Condition, value: Any) -> bool:
        is_lost = condition.operator in ("ne", "nin") and value is None
        return not is_lost and super().meets(condition, value)


@breaks("in finds null if the list contains it.", "null_equals_null_only", feature="born")
class NullInList(Filtering):
    """Does not find null with ``in``, as SQL does not."""

    def meets(self, condition: Condition, value: Any) -> bool:
        return not (condition.operator == "in" and value is None) and super().meets(condition, value)


@breaks("eq null finds null.", "null_equals_null_only", feature="email")
class NullIsUnequal(Filtering):
    """Finds nothing with ``eq`` null."""

    def meets(self, condition: Condition, value: Any) -> bool:
        return not (condition.operator == "eq" and value is None) and super().meets(condition, value)


@breaks("Null is not less than a value.", "null_equals_null_only", feature="day")
@breaks("Null is not less than a number.", "conditions_on_numbers_agree_with_all_hold")
class NullIsLeast(Filtering):
    """Takes null for the least value, as MongoDB's order does."""

    def meets(self, condition: Condition, value: Any) -> bool:
        return (value is None and condition.operator in ("lt", "lte")) or super().meets(condition, value)


@breaks("contains compares whole items of a list.", "a_list_field_is_filtered_by_its_items")
class PartsOfItems(Filtering):
    """Looks for the value in the text of a list."""

    def meets(self, condition: Condition, value: Any) -> bool:
        if condition.operator == "contains" and isinstance(value, list):
            return any(condition.value in item for item in value)
        return super().meets(condition, value)


@breaks("exists counts an empty list as absent.", "exists_counts_empty_lists_and_objects_as_absent", feature="tags")
@breaks("exists counts an empty object as absent.", "exists_counts_empty_lists_and_objects_as_absent", feature="notes")
class EmptyIsPresent(Filtering):
    """Counts null only as absent."""

    def meets(self, condition: Condition, value: Any) -> bool:
        if condition.operator == "exists":
            return bool((value is not None) == condition.value)
        return super().meets(condition, value)


@breaks("exists counts zero as present.", "exists_counts_empty_lists_and_objects_as_absent", feature="height")
@breaks("exists counts false as present.", "exists_counts_empty_lists_and_objects_as_absent", feature="active")
@breaks("exists counts the empty text as present.", "exists_counts_empty_lists_and_objects_as_absent", feature="email")
class FalseIsAbsent(Filtering):
    """Counts as absent what Python takes for false."""

    def meets(self, condition: Condition, value: Any) -> bool:
        if condition.operator == "exists":
            return bool(bool(value) == condition.value)
        return super().meets(condition, value)


@breaks("A query may have as many keys as the store takes.", "a_list_can_be_filtered_by_many_keys")
class HundredKeys(Filtering):
    """Looks for the first hundred different keys."""

    def meets(self, condition: Condition, value: Any) -> bool:
        few = [*dict.fromkeys(condition.value)][:100] if condition.operator == "in" else condition.value
        return super().meets(replace(condition, value=few), value)


@breaks("An empty list of keys finds nothing.", "a_list_can_be_filtered_by_many_keys")
class EmptyIsAll(Filtering):
    """Ignores an empty list of values."""

    def meets(self, condition: Condition, value: Any) -> bool:
        return condition.value == [] or super().meets(condition, value)


@breaks("nin on keys leaves them out.", "a_list_can_be_filtered_by_many_keys")
class KeysOnly(Filtering):
    """Reads instances by their keys, and then forgets the operator."""

    def meets(self, condition: Condition, value: Any) -> bool:
        is_key = condition.field == "id" and condition.operator == "nin"
        return holds("in" if is_key else condition.operator, value, condition.value)


@breaks("A condition may be on an embedded field.", "a_list_is_filtered_by_embedded_fields")
class TopOnly(Filtering):
    """Looks for an embedded field among the fields of the instance."""

    def meets_all(self, where: Any, values: Any) -> bool:
        flat = [replace(one, field=one.field.rpartition(".")[2]) for one in where]
        return super().meets_all(flat, values)


@breaks("contains does not find null.", "null_equals_null_only", feature="email")
class NullIsEmpty(Filtering):
    """Compares null as the empty text."""

    def meets(self, condition: Condition, value: Any) -> bool:
        is_textual = condition.operator not in EQUALITY and isinstance(condition.value, str)
        return super().meets(condition, "" if is_textual and value is None else value)


class Repeating(MemoryProvider):
    """Lists an instance as often as ``times`` says."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        items = [one for item in listing.items for one in [item] * self.times(query, item.values)]
        return replace(listing, items=items)

    def times(self, query: Any, values: Any) -> int:
        raise NotImplementedError


@breaks("A key that is repeated in a query finds its instance once.", "a_list_can_be_filtered_by_many_keys")
class OncePerKey(Repeating):
    """Finds an instance once for each key."""

    def times(self, query: Any, values: Any) -> int:
        keys = [one.value for one in query.where if (one.field, one.operator) == ("id", "in")]
        return min(keys[0].count(values["id"]), 2) if keys else 1


@breaks("An instance is on a list once, even if an item is in its list twice.", "a_list_field_is_filtered_by_its_items")
class OncePerItem(Repeating):
    """Finds an instance once for each item of its list."""

    def times(self, query: Any, values: Any) -> int:
        items = [one.value for one in query.where if (one.field, one.operator) == ("tags", "contains")]
        return int(values["tags"].count(items[0])) if items else 1
