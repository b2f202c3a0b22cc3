"""The rows of the tables of ``trade``."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

Rows = dict[str, list[dict[str, Any]]]

KINDS = ("party", "person", "company")
NEW: dict[str, dict[str, Any]] = {
    "Employment": {"person_id": 2, "company_id": 12},
    "Line": {"order_id": 1, "product_id": 9},
    "Company": {"vat": "new"},
    "Product": {"sku": "new"},
    "Vehicle": {"plate": "new"},
    "Car": {"plate": "new"},
    "Truck": {"plate": "new"},
    "Permit": {"vehicle_id": 12},
}


def rows() -> Rows:
    return {**_parties(), **_orders(), **_vehicles(), **_money()}


def _parties() -> Rows:
    people, companies = [n for n in range(1, 13) if n % 3 != 0 and n != 1], [3, 6, 9, 12]
    kinds = {n: "company" if n in companies else "person" if n in people else "party" for n in range(1, 13)}
    return {
        "party": [{"id": n, "kind": kinds[n], "name": f"Name {n % 5}"} for n in kinds],
        "person": [
            {"id": n, "born": date(1970, 1, n) if n % 2 else None, "boss_id": n // 2 if n // 2 in people else None}
            for n in people
        ],
        "company": [{"id": n, "vat": f"V{n}" if n > 3 else None} for n in companies],
        "employment": [
            {"person_id": person, "company_id": company, "role": f"role {(person + company) % 3}"}
            for person in people
            for company in companies[: person % 3]
        ],
    }


def _orders() -> Rows:
    lines = [{"order_id": n % 9 + 1, "product_id": n % 8 + 1, "quantity": n % 4} for n in range(1, 28)]
    return {
        "product": [{"id": n, "sku": f"sku/{n}", "price": Decimal(n) / 2, "is_sold": n % 3 > 0} for n in range(1, 11)],
        "category": [
            {"id": n, "name": f"{'bca'[n % 3]}{n % 4}", "parent_id": n // 3 if n > 2 else None} for n in range(1, 13)
        ],
        "product_category": [
            {"product_id": n, "category_id": category} for n in range(1, 9) for category in range(1, n % 4 + 1)
        ],
        "order": [
            {
                "id": n,
                "placed": datetime(2024, n, 1, 8, 30) if n % 4 else None,
                "customer_id": n % 6 + 1 if n < 9 else None,
            }
            for n in range(1, 12)
        ],
        "note": [{"id": n, "text": f"note {n % 3}", "order_id": n % 5 + 1} for n in range(1, 10)],
        "line": lines,
        "shipment": [
            {
                "id": n,
                "sent": date(2024, 1, n) if n % 3 else None,
                "order_id": lines[n]["order_id"] if n < 9 else None,
                "product_id": lines[n]["product_id"] if n < 9 else None,
            }
            for n in range(1, 12)
        ],
    }


def _vehicles() -> Rows:
    kinds = ("vehicle", "car", "truck")
    return {
        "vehicle": [
            {
                "id": n,
                "kind": kinds[n % 3],
                "plate": f"P-{n}",
                "owner_id": n % 6 + 1 if n % 5 else None,
                "seats": n if n % 3 == 1 else None,
                "load": n / 4 if n % 3 == 2 else None,
                "driver_id": 2 if n % 6 == 2 else None,
            }
            for n in range(1, 13)
        ],
        "permit": [
            {"id": n, "until": date(2030, 1, n) if n % 2 else None, "vehicle_id": n if n < 8 else None}
            for n in range(1, 10)
        ],
    }


def _money() -> Rows:
    return {
        "account": [{"id": n, "name": f"account {n % 4}"} for n in range(1, 9)],
        "transfer": [
            {
                "id": n,
                "amount": Decimal(n * 100) / 8,
                "source_id": n % 7 + 1,
                "target_id": n % 4 + 1 if n % 5 else None,
            }
            for n in range(1, 16)
        ],
    }
