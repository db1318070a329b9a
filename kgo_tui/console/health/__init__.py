"""The probe's history as the console tells it: cells of time, uptime, outages, and how they are drawn.

Owns what is said of health. Pure; the pane is in `panes`.
"""
