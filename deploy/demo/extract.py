"""Makes the demo's CSV files from a folder of public data; run by whoever refreshes them, not by users.

    python -m deploy.demo.extract DATA_FOLDER

DATA_FOLDER holds the four files named in `SOURCES`; the results go to `data/` beside this file. Only facts are
taken (names, codes, organs, limits). Conditions, addresses, telephone numbers and links stay out, and so do
materials, except those of the one matter whose story the demo tells.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from shared.codes import credit_code
from shared.codes.level import Level, parse_level
from shared.codes.problems import CodeError

TARGET = Path(__file__).parent / "data"

PERMITS = "guangdong_licence_items_2021.csv"
CATALOG = "guangdong_catalog_2021.csv"
ORGANS = "departments_uscc.csv"
REGIONS = "admin_divisions_3level_2023.csv"
SOURCES = (PERMITS, CATALOG, ORGANS, REGIONS)

# Headers stay those of the source, so that the shipped import mapping reads the complete file too.
PERMIT_COLUMNS = (
    *("task_code", "uscc", "use_level_code", "use_level", "catalog_code", "handle_item_seq"),
    *("task_name", "catalog_name", "parent_catalog_code", "parent_catalog_name", "sub_task_name"),
    *("task_type_code", "task_type", "dept_name", "org_code", "area_code", "area_name"),
    *("statutory_days", "statutory_unit", "promised_days", "promised_unit", "visit_number", "online"),
    *("materials", "service_objects"),
)
ORGAN_COLUMNS = ("uscc", "dept_name", "org_code", "area_code", "level", "uscc_checkdigit_ok")
REGION_COLUMNS = ("code", "name", "level", "parent_code", "kind")

# 建设项目环境影响报告表审批: the province asks for two materials, the city for three.
STORY = "440113106002"

NATION, PROVINCE, CITY = "000000000000", "440000000000", "440100000000"
# Not a published code: zones have none of their own, and this one is free below the city.
ZONE = ("440199000000", "广州空港经济区", Level.COUNTY.identifier, CITY, "zone")

Row = Mapping[str, str]


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """All rows of one source file. Raises FileNotFoundError."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, columns: Iterable[str], rows: Iterable[Row]) -> int:
    """Write the `columns` of `rows` to the demo folder; other columns are left out. Returns the number of rows."""
    count = 0
    with (TARGET / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is the result
            writer.writerow(row)
    return count


def permits(rows: Iterable[Row]) -> Iterator[Row]:
    """Every permit row, materials only where the demo tells of them."""
    for row in rows:
        yield row if row["catalog_code"] == STORY else {**row, "materials": ""}


def organs(rows: Iterable[Row]) -> Iterator[Row]:
    """Every organ with its check digit computed anew; a code whose structure is broken fails too."""
    for row in rows:
        try:
            code = credit_code.parse(row["uscc"])
            passes = code.check_ok
        except CodeError:
            passes = False
        yield {**row, "uscc_checkdigit_ok": "1" if passes else "0"}


def regions(rows: Iterable[Row]) -> Iterator[Row]:
    """The nation, the province with its cities, the city's districts, and one made-up zone."""
    yield dict(zip(REGION_COLUMNS, (NATION, "全国", Level.NATION.identifier, "", "administrative"), strict=True))
    for row in rows:
        code, parent = row["area_code12"], row["parent_code12"]
        if code == PROVINCE or parent in (PROVINCE, CITY):
            level = parse_level(row["level"]).identifier
            values = (code, row["name"], level, parent or NATION, "administrative")
            yield dict(zip(REGION_COLUMNS, values, strict=True))
    yield dict(zip(REGION_COLUMNS, ZONE, strict=True))


def extract(folder: Path) -> dict[str, int]:
    """Make all four files from `folder`. Returns the number of rows by file name."""
    catalog = read(folder, CATALOG)
    TARGET.mkdir(exist_ok=True)
    return {
        "permits.csv": write("permits.csv", PERMIT_COLUMNS, permits(read(folder, PERMITS))),
        "catalog.csv": write("catalog.csv", catalog[0], catalog),
        "organs.csv": write("organs.csv", ORGAN_COLUMNS, organs(read(folder, ORGANS))),
        "regions.csv": write("regions.csv", REGION_COLUMNS, regions(read(folder, REGIONS))),
    }


def main(arguments: list[str]) -> int:
    """Command line: one argument, the data folder. Returns the exit status."""
    if len(arguments) != 1 or any(not (Path(arguments[0]) / name).is_file() for name in SOURCES):
        print("usage: python -m deploy.demo.extract DATA_FOLDER   (with " + ", ".join(SOURCES) + ")", file=sys.stderr)
        return 2
    for name, count in extract(Path(arguments[0])).items():
        print(f"{name}: {count} rows")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
