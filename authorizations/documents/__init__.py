"""Files of a case: what may be kept, where the bytes lie, whether a scanner has looked at them."""
