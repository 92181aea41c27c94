"""Checks a Sotto server with the official openai package: conformance.py URL [part of a check's name]."""

import sys

import answers  # noqa: F401  registers its checks
import failures  # noqa: F401  registers its checks
import house

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: conformance.py URL [part of a check's name]")
    house.Server.url = sys.argv[1].rstrip("/").removesuffix("/v1")
    sys.exit(1 if house.run(sys.argv[2] if len(sys.argv) > 2 else "") else 0)
