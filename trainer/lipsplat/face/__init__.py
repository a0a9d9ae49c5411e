"""The facial animation capturer (eq 4-5): 52 ARKit coefficients and the gaze of every frame of a video."""
