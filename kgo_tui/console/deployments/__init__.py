"""Deployments as the console tells them: the list, the live stage, and one in full.

Owns what is said of a deployment. Pure; the widgets that show it are in `panes`, `screens`, `widgets`.
"""
