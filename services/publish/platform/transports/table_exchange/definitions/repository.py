"""DDL of the tables a profile exchanges, for operators; `deploy/exchange/up_tables.sql` is the shipped one."""

from __future__ import annotations

from collections.abc import Iterable

from services.publish.platform.mapping import Mapping as Profile
from services.publish.platform.transports.table_exchange.rules import CHILD_CONTROL, MAIN_CONTROL, TableOptions

# Types of the exchange's own columns (spec: table exchange); everything a row says of its item is text.
_TYPES = {
    "ROW_GUID": "varchar(50) PRIMARY KEY",
    "TASK_GUID": "varchar(50) NOT NULL",
    "TASK_VERSION": "integer NOT NULL",
    "CD_OPERATION": "varchar(1) NOT NULL CHECK (CD_OPERATION IN ('I', 'U', 'D'))",
    "CD_TIME": "timestamp NOT NULL",
    "CD_BATCH": "varchar(50) NOT NULL",
    "DATA_SOURCE": "varchar(50) NOT NULL",
}
_ABNORMAL = (
    "ERR_TYPE varchar(50)", "REMARK text", "TABLE_NAME varchar(200)", "TABLE_SQL_NAME varchar(100)",
    "TABLE_ROW_GUID varchar(50)", "TABLE_CD_BATCH varchar(50)", "TABLE_CD_SOURCE varchar(50)",
    "TABLE_CD_TIME timestamp", "TABLE_UPDATE_TIME timestamp",
)  # fmt: skip


def definitions(profile: Profile, options: TableOptions | None = None) -> str:
    """The tables of a profile as SQL, main tables with the marker the options name."""
    found: dict[str, list[str]] = {}
    indexes = []
    marker = options.marker if options is not None else None
    for half in profile.halves:
        names = [column.column or "" for column in half.columns]
        marks = [f"{name} text" for name in ((marker.column, marker.reason) if marker else ()) if name]
        found[half.table] = [*_control(MAIN_CONTROL), *(f"{name} text" for name in names), *marks]
        indexes.append(f"CREATE INDEX {half.table}_TASK ON {half.table} (DATA_SOURCE, TASK_GUID, TASK_VERSION);")
        for child in half.children:
            columns = [f"{column.column} text" for column in child.columns]
            columns += [f"{child.numbered} integer"] if child.numbered else []
            found[child.table] = [*_control(CHILD_CONTROL), *columns]
            indexes.append(f"CREATE INDEX {child.table}_TASK ON {child.table} (TASK_GUID);")
    found["DN_AUDIT_ABNORMAL"] = list(_ABNORMAL)
    if profile.catalogue is not None:
        own = ("ROW_GUID", "TASK_VERSION", "CD_OPERATION", "CD_TIME", "CD_BATCH", "DATA_SOURCE")
        columns = [f"{column.column} text" for column in profile.catalogue.columns if column.column]
        found[profile.catalogue.table] = [*_control(own), *columns]
    return "\n\n".join([*(_table(name, columns) for name, columns in found.items()), "\n".join(indexes)]) + "\n"


def _control(names: Iterable[str]) -> list[str]:
    return [f"{name} {_TYPES[name]}" for name in names]


def _table(name: str, columns: Iterable[str]) -> str:
    return f"CREATE TABLE {name} (\n    " + ",\n    ".join(columns) + "\n);"
