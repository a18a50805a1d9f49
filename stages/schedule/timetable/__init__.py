"""The timetable as one optimisation: values in, values out. `solving.solve` takes a `problem.Problem` and gives a `solution.Solution`."""
