"""The measurements, one subject a file. Each gives a row of figures; a figure that cannot be had is a reason instead."""
