"""The bound: what a call costs a bare aiohttp + orjson client that sends a run's bodies and does no more.

Run as a process of its own with JSON options; prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import aiohttp
import orjson


async def send(base_url: str, log: str, concurrency: int) -> dict[str, float]:
    """Send the logged bodies in their order, as many sequences at a time as a run has cases."""
    lines = Path(log).read_bytes().splitlines()
    bodies = [orjson.loads(line)["body"] for line in lines]
    address = f"{base_url}/chat/completions"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def course() -> None:
            for body in bodies:
                headers = {"content-type": "application/json"}
                async with session.post(address, data=orjson.dumps(body), headers=headers) as answer:
                    orjson.loads(await answer.read())["choices"][0]["message"]["content"]

        cpu = time.process_time()
        await asyncio.gather(*(course() for _ in range(concurrency)))
        cpu = time.process_time() - cpu
    return {"cpu_ms_per_call": cpu / (len(bodies) * concurrency) * 1000}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(send(**json.loads(sys.argv[1])))) + "\n")
