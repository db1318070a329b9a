"""The health probe over HTTP(S): `HttpProber` fulfils `engine.ports.Prober`.

Its parts: `prober` (what a sample is made of), `asking` (one request), `names` (DNS), `words`
(failures as short words, certificate faults by code), `x509` (a certificate's dates).
"""

from kgo_tui.adapters.probe.prober import HttpProber

__all__ = ["HttpProber"]
