"""A Celery application whose senders mark first and send afterwards: the negative control of the worker kills."""

from celery.signals import worker_ready

from supportportal.celery import app

__all__ = ["app"]


@worker_ready.connect(weak=False)
def mark_first(**kwargs):
    from supportportal.outbox import claiming, outcomes  # models load after Django is set up

    fence = claiming.fence

    def fence_and_mark(parcels, *, gateway, at):
        fenced = fence(parcels, gateway=gateway, at=at)
        outcomes.mark_sent([(parcel.message, "") for parcel in fenced], at=at)
        return fenced

    claiming.fence = fence_and_mark
