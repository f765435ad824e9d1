def tidy(garden):
    with garden.plot_lock:
        garden.clear_spool()
