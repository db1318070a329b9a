"""The containers in words and glyphs, what may be done with one, and a shell in it: parts of the
Services pane. Pure but for `shell`, which runs docker's own client."""
