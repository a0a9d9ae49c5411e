"""What all who read or make lip features agree on; needs no other folder."""

RATE = 16_000  # Hz
NAMES = "sil PP FF TH DD kk CH SS nn RR aa E I O U"
VISEMES = tuple(f"viseme_{name}" for name in NAMES.split())
