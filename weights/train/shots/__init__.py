# SPDX-License-Identifier: LGPL-2.1-or-later
"""Procedural animated cartoon shots: colour, line art and region identity per pixel."""
from .render import Shot, make_shot

__all__ = ["Shot", "make_shot"]
