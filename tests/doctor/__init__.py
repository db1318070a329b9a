"""The doctor: each check on something well and on something really broken."""
