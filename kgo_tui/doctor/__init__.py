"""The doctor: every prerequisite and every known fault of a host, with what mends it.

Owns what is looked at and what it means. Must not change anything but by the treatments of `--fix`,
and never a container, an image in use or the meaning of the configuration. `checks` is the table,
`patient` the host as a check sees it, `examination` runs the one on the other, `command` is the
command line; the other modules are the checks by theme.
"""
