"""Stop the embedded servers of this project before its state is removed, and remove what lies elsewhere."""

import shutil
from pathlib import Path

from shared.embedded import state_dir, stop_all
from shared.postgres_runtime import RELOCATED


def main(state: Path) -> None:
    for record in stop_all(state):
        print(f"stopped {record.name.removesuffix('.process.json')}")
    for link in state.glob("**/*"):  # the data of root, where only the user nobody could run Postgres
        if link.is_symlink() and link.resolve().is_relative_to(RELOCATED):
            shutil.rmtree(link.resolve().parent)


if __name__ == "__main__":
    main(state_dir())
