"""Measures what ships: the figures of an exported avatar and speech model, as `npm run eval` prints them."""
