"""Secrets as files, as --secrets-dir takes them."""


def secrets(folder, **content) -> tuple:
    """The flags for Secrets of these names; each holds its text under `key`."""
    for name, text in content.items():
        (folder / "secrets" / name).mkdir(parents=True)
        (folder / "secrets" / name / "key").write_text(text)
    return ("--secrets-dir", str(folder / "secrets"))
