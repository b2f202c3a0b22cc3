"""Random sequences of requests to nested paths, each reply and signal held against a model of plain dicts.

``make test`` runs short ones, ``make nightly`` some of thousands of steps.
"""

from __future__ import annotations

import mongoengine
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from bzz.providers.memory import MemoryProvider
from tests.support.teams import STORES
from tests.support.world import MISSING, Body, World, failed

NAMES = st.sampled_from(["Ada", "Bob", "Cy"])
AGES = st.sampled_from([None, 1, 2])
CITIES = st.sampled_from([None, "Rio", "Lisbon"])
KEYS = st.sampled_from(["a", "b/c", "ü"])
ENCODED = {"a": "a", "b/c": "b%2Fc", "ü": "%C3%BC"}
WRITE = {"POST": "create", "PUT": "update", "DELETE": "delete"}


class Grammar(World, RuleBasedStateMachine):
    """Requests to each kind of path."""

    @rule(name=NAMES, age=AGES, data=st.data())
    def create_member(self, name: str, age: int | None, data: st.DataObject) -> None:
        friends = data.draw(st.lists(st.sampled_from([*self.members, MISSING]), max_size=2))
        known = all(key in self.members for key in friends)
        body = {"name": name, "age": age, "friends": friends}
        status, shown = self.ask("POST", "/member", body)
        assert status == (201 if known else 400)
        told = [("pre_create_instance", "Member"), ("post_create_instance", "Member")]
        assert self.sent == (told if known else failed(told))
        if known:
            empty: Body = {"password": None, "retired": False, "home": None, "addresses": [], "hobbies": [], "tags": []}
            assert shown == body | empty | {"id": shown["id"]}
            self.members[shown["id"]] = shown

    @rule(name=NAMES, data=st.data())
    def create_team(self, name: str, data: st.DataObject) -> None:
        members = data.draw(st.lists(st.sampled_from([*self.members]), unique=True)) if self.members else []
        status, shown = self.ask("POST", "/team", {"name": name, "members": members})
        assert status == 201
        assert shown == {"id": shown["id"], "name": name, "members": members, "owner": None, "projects": []}
        self.teams[shown["id"]] = shown

    @rule(data=st.data())
    def get_member(self, data: st.DataObject) -> None:
        path, found = data.draw(st.sampled_from(self.ways_to_members()))
        told = [("pre_get_instance", "Member"), ("post_get_instance", "Member")]
        if found is None:
            self.expect("GET", path, None, 404, None, *failed(told))
        else:
            self.expect("GET", path, None, 200, found, *told)

    @rule(data=st.data(), age=AGES, name=NAMES, city=CITIES)
    def update_member(self, data: st.DataObject, age: int | None, name: str, city: str | None) -> None:
        path, found = data.draw(st.sampled_from(self.ways_to_members()))
        body = {"age": age, "name": name, "home": city and {"id": "h", "city": city}}
        if not path.startswith("/member/") or path.count("/") > 2:
            self.expect("PUT", path, body, 405, None)
        elif found is None:
            self.expect("PUT", path, body, 404, None)
        else:
            found |= body
            told = [(f"{when}_update_instance", "Member") for when in ("pre", "post")]
            self.expect("PUT", path, body, 200, found, *told)

    @precondition(lambda self: len(self.members) > 3)
    @rule(data=st.data())
    def delete_member(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from([*self.members]))
        del self.members[key]
        told = [(f"{when}_delete_instance", "Member") for when in ("pre", "post")]
        self.expect("DELETE", f"/member/{key}", None, 204, None, *told)

    @rule(data=st.data(), key=KEYS, city=CITIES, method=st.sampled_from(["POST", "PUT", "DELETE", "GET"]))
    def address(self, data: st.DataObject, key: str, city: str | None, method: str) -> None:
        path, holder = data.draw(st.sampled_from(self.ways_to_members()))
        addresses = holder["addresses"] if holder else []
        found = next((address for address in addresses if address["id"] == key), None)
        path += "/addresses" if method == "POST" else f"/addresses/{ENCODED[key]}"
        new = {"id": key, "city": city}
        self.embedded(method, path, new, found, "Address", is_list=True, is_there=holder is not None)
        if holder is not None:
            if method == "POST" and not found:
                addresses.append(new)
            elif method == "DELETE" and found:
                addresses.remove(found)
            elif method == "PUT" and found:
                found |= new

    @rule(data=st.data(), key=KEYS, city=CITIES, method=st.sampled_from(["POST", "PUT", "DELETE", "GET"]))
    def home(self, data: st.DataObject, key: str, city: str | None, method: str) -> None:
        path, holder = data.draw(st.sampled_from(self.ways_to_members()))
        found = holder["home"] if holder else None
        new = {"id": key, "city": city}
        if method == "PUT" and found and found["id"] != key:
            self.expect("PUT", f"{path}/home", new, 400, None)
            return
        self.embedded(method, f"{path}/home", new, found, "Address", is_list=False, is_there=holder is not None)
        if holder is not None and not (method == "POST" and found) and not (method == "PUT" and not found):
            holder["home"] = {"DELETE": None, "GET": found}.get(method, new)

    def embedded(
        self, method: str, path: str, new: Body, found: Body | None, model: str, *, is_list: bool, is_there: bool
    ) -> None:
        """Send a method to the ``path`` of an embedded document, which is ``found`` there or None."""
        if method == "GET":
            told = [(f"{when}_get_instance", model) for when in ("pre", "post")]
            self.expect("GET", path, None, 200 if found else 404, found, *(told if found else failed(told)))
            return
        told = [(f"{when}_{WRITE[method]}_instance", model) for when in ("pre", "post")]
        if not is_there or (method != "POST" and not found):
            self.expect(method, path, new, 404, None)
        elif method == "POST" and found:
            self.expect(method, path, new, 409, None, *failed(told))
        else:
            status = {"POST": 201, "PUT": 200, "DELETE": 204}[method]
            self.expect(method, path, None if method == "DELETE" else new, status, new if status < 204 else None, *told)

    @precondition(lambda self: self.teams)
    @rule(data=st.data(), name=st.sampled_from(["a", "b", "much too long for a project"]))
    def create_project(self, data: st.DataObject, name: str) -> None:
        key = data.draw(st.sampled_from([*self.teams]))
        status, shown = self.ask("POST", f"/team/{key}/projects", {"name": name})
        told = [(f"{when}_create_instance", "Project") for when in ("pre", "post")]
        if len(name) > 20:
            assert (status, self.sent) == (400, failed(told))
        else:
            assert (status, self.sent) == (201, told)
            assert shown == {"id": shown["id"], "name": name, "module": None, "lead": None, "members": []}
            self.teams[key]["projects"].append(shown)

    @precondition(lambda self: self.projects())
    @rule(data=st.data(), name=st.sampled_from(["c", "d"]), method=st.sampled_from(["PUT", "DELETE", "GET"]))
    def project(self, data: st.DataObject, name: str, method: str) -> None:
        path, found = data.draw(st.sampled_from(self.projects()))
        there = data.draw(st.sampled_from([True, True, True, False]))
        if not there:  # below another team
            path = f"/team/{MISSING}/{path.split('/', 3)[3]}"
        new = found | {"name": name}
        if method == "GET" or not there:
            self.embedded(method, path, new, found if there else None, "Project", is_list=True, is_there=there)
            return
        if method == "PUT":
            found |= new
        else:
            next(t for t in self.teams.values() if found in t["projects"])["projects"].remove(found)
        told = [(f"{when}_{WRITE[method]}_instance", "Project") for when in ("pre", "post")]
        body = {"name": name} if method == "PUT" else None
        self.expect(method, path, body, 200 if body else 204, found if body else None, *told)

    @precondition(lambda self: self.projects())
    @rule(data=st.data(), size=AGES, method=st.sampled_from(["POST", "PUT", "DELETE", "GET"]))
    def module(self, data: st.DataObject, size: int | None, method: str) -> None:
        path, holder = data.draw(st.sampled_from(self.projects()))
        found, new = holder["module"], {"name": "m", "size": size}
        self.embedded(method, f"{path}/module", new, found, "Module", is_list=False, is_there=True)
        if not (method == "POST" and found) and not (method == "PUT" and not found):
            holder["module"] = {"DELETE": None, "GET": found}.get(method, new)

    @precondition(lambda self: self.members)
    @rule(data=st.data())
    def associate(self, data: st.DataObject) -> None:
        path, holder, field = data.draw(st.sampled_from(self.relations()))
        keys = data.draw(st.lists(st.sampled_from([*self.members] * 3 + [MISSING]), min_size=1, max_size=3))
        sender = {"friends": "Member", "members": "Team" if "projects" not in path else "Project"}[field]
        if MISSING in keys:
            self.expect("POST", path, {field: keys}, 400, None)
            return
        keys = [*dict.fromkeys(keys)]
        new = [key for key in keys if key not in holder[field]]
        holder[field] += new
        bodies = [self.members[key] for key in keys]
        told = [(f"{when}_associate", sender) for when in ("pre", "post") for _ in new]
        self.expect("POST", path, {field: keys}, 201 if new else 200, bodies if len(bodies) > 1 else bodies[0], *told)

    @precondition(lambda self: self.members)
    @rule(data=st.data())
    def dissociate(self, data: st.DataObject) -> None:
        path, holder, field = data.draw(st.sampled_from(self.relations()))
        key = data.draw(st.sampled_from([*self.members, *holder[field]]))
        sender = {"friends": "Member", "members": "Team" if "projects" not in path else "Project"}[field]
        if key in holder[field] and key in self.members:
            holder[field] = [other for other in holder[field] if other != key]  # however often it was there
            told = [(f"{when}_dissociate", sender) for when in ("pre", "post")]
            self.expect("DELETE", f"{path}/{key}", None, 204, None, *told)
        else:
            self.expect("DELETE", f"{path}/{key}", None, 404, None)

    @precondition(lambda self: self.members and self.teams)
    @rule(data=st.data(), method=st.sampled_from(["POST", "POST", "DELETE"]))
    def refer(self, data: st.DataObject, method: str) -> None:
        path, holder, field = data.draw(st.sampled_from(self.single_references()))
        sender = "Team" if field == "owner" else "Project"
        held = holder[field] if holder[field] in self.members else None
        joins, leaves = ("pre_associate", sender), ("pre_dissociate", sender)
        if method == "DELETE":
            if held:
                holder[field] = None
                self.expect("DELETE", path, None, 204, None, leaves, ("post_dissociate", sender))
            else:
                self.expect("DELETE", path, None, 404, None)
            return
        key = data.draw(st.sampled_from([*self.members]))
        told: list[tuple[str, str]] = []
        if key != holder[field]:
            told = [leaves, joins, ("post_dissociate", sender), ("post_associate", sender)]
            told = told if held else [joins, told[3]]
        holder[field] = key
        self.expect("POST", path, {field: key}, 201 if told else 200, self.members[key], *told)

    @precondition(lambda self: self.members)
    @rule(data=st.data())
    def list_members(self, data: st.DataObject) -> None:
        path, holder, field = data.draw(st.sampled_from(self.relations()))
        age = data.draw(st.sampled_from([None, 1]))
        found = [self.members[key] for key in sorted({*holder[field]}) if key in self.members]
        found = sorted((m for m in found if age is None or m["age"] == age), key=lambda m: m["name"], reverse=True)
        told = [(f"{when}_get_list", "Member") for when in ("pre", "post")]
        query = "?sort=-name&per_page=100" + (f"&age={age}" if age else "")
        self.expect("GET", path + query, None, 200, found, *told)

    @precondition(lambda self: self.teams)
    @rule(data=st.data())
    def list_inside(self, data: st.DataObject) -> None:
        choices = [(f"/team/{key}/projects", t["projects"], "Project") for key, t in self.teams.items()]
        choices += [(f"{path}/addresses", m["addresses"], "Address") for path, m in self.ways_to_members() if m]
        path, found, model = data.draw(st.sampled_from(choices))
        self.expect("GET", path, None, 200, found, ("pre_get_list", model), ("post_get_list", model))

    @precondition(lambda self: self.teams)
    @rule(data=st.data())
    def get_team(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from([*self.teams]))
        told = [(f"{when}_get_instance", "Team") for when in ("pre", "post")]
        self.expect("GET", f"/team/{key}", None, 200, self.teams[key], *told)


def serve_documents() -> str:
    """Empty the database and return the provider's name."""
    mongoengine.get_connection().drop_database("bzz_test")
    return "mongoengine"


@pytest.mark.hypothesis
@pytest.mark.parametrize("name", STORES)
def test_any_sequence_of_requests_follows_the_grammar(name: str, request: pytest.FixtureRequest) -> None:
    if name == "mongoengine":
        request.getfixturevalue("mongodb")

    class Machine(Grammar):
        models = STORES[name]
        serve = MemoryProvider if name == "memory" else staticmethod(serve_documents)

    run_state_machine_as_test(Machine, settings=settings())
