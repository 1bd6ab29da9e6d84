"""One short module for each system, and what the command line, the loop and the table need of them.

A system is a module with `CARD` (its row in the survey), `Config`, `build`, `prepare`, `draw`, `loss`, `bound`,
`bound_steps`, `sample`, `evaluations` and `variant`; and `after_step`, where something follows the optimizer's step.
There is no base class: two neighbours differ by what a two-window diff of their files shows.
"""

from types import ModuleType

from textdiff_lite.systems import autoregressive, d3pm, difformer, diffusion_lm

SYSTEMS: dict[str, ModuleType] = {
    module.CARD.name: module for module in (autoregressive, d3pm, diffusion_lm, difformer)
}


def system(name: str) -> ModuleType:
    """The module of that name; raises ValueError with the names there are."""
    if name not in SYSTEMS:
        raise ValueError(f"system must be one of {', '.join(SYSTEMS)}; got {name!r}")
    return SYSTEMS[name]
