"""A host to try things on: `python -m tests.box.by_hand` gives `vps` in a prompt; it ends with it."""

from __future__ import annotations

import code

from tests.box.vps import Vps
from tests.box.vps_image import prepared, with_wheel
from tests.lab.box.engine import BoxEngine


def main() -> None:
    with BoxEngine() as engine:
        vps = Vps(engine, with_wheel(engine, prepared(engine)))
        try:
            vps.open()
            code.interact(banner=f"vps: {vps.name}, ssh port {vps.ports[22]}", local={"vps": vps}, exitmsg="")
        finally:
            vps.close()


if __name__ == "__main__":
    main()
