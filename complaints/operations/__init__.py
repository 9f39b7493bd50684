"""Every change of a complaint, one atomic verb each."""
