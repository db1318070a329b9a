"""The log that is read in the console: kept, searched, placed on the screen, and followed.

`buffer`, `query`, `listing`, `reading`, `page` and `cells` are pure; `view` draws; `tail` reads.
"""
