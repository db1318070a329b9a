"""The screens: the main one and the dialogs on it."""
