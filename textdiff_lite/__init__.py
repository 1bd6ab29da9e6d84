"""Diffusion models for text: small, tested parts."""

__version__ = "0.1.0"
