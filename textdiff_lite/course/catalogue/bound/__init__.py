"""The exercises of lesson 01b, what the loss bounds."""

from textdiff_lite.course.catalogue.bound import bound_terms, ddim_step, elbo_two_state, is_ddim_step, x0_from

EXERCISES = (
    elbo_two_state.EXERCISE,
    bound_terms.EXERCISE,
    x0_from.EXERCISE,
    ddim_step.EXERCISE,
    is_ddim_step.EXERCISE,
)
"""In the order of the lesson."""
