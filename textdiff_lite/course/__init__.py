"""The course: running it, and the learner's copies of it."""
