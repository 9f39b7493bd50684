TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S"]
