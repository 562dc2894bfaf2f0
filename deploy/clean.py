"""Stop the embedded servers of this project before their data are removed."""

from shared.embedded import state_dir, stop_all

if __name__ == "__main__":
    for data_dir in stop_all(state_dir()):
        print(f"stopped {data_dir.name}")
