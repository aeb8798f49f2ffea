"""What the shop's own cache did for a page, in the words of RFC 9211."""
HIT = "shop; hit"
STORED = "shop; fwd=miss; stored"
BYPASS = "shop; fwd=bypass"
