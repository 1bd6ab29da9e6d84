"""Taking the solutions out: what nbgrader's ClearSolutions does with its default settings, without nbgrader."""

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")


def without_solutions(text: str) -> str:
    """The text with the stub in the place of each region, as far indented as the line that begins it.

    Raises ValueError if a region begins within another, ends before it begins, or never ends.
    """
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        if BEGIN in line:
            if inside:
                raise ValueError(f"«### {BEGIN}» stands within a region")
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + stub for stub in STUB]
        elif END in line:
            if not inside:
                raise ValueError(f"«### {END}» stands before «### {BEGIN}»")
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise ValueError(f"«### {BEGIN}» has no «### {END}»")
    return "\n".join(kept)


def has_region(text: str) -> bool:
    """Whether a marker stands in the text."""
    return BEGIN in text or END in text
