"""The facts of the machine a run was made on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import asyncpg
import psutil


def processor() -> str:
    """The processor's name as the kernel tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


async def facts(database_url: str) -> dict[str, str]:
    """Cores, memory, kernel, Python, Postgres with its settings, load: in the order they are printed."""
    connection = await asyncpg.connect(database_url)
    try:
        version = await connection.fetchval("SHOW server_version")
        names = ("shared_buffers", "synchronous_commit", "fsync", "jit")
        settings = [f"{name}={await connection.fetchval(f'SHOW {name}')}" for name in names]
    finally:
        await connection.close()
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Postgres": f"{version} ({', '.join(settings)})",
        "load before the run": " ".join(f"{value:.2f}" for value in os.getloadavg()),
    }
