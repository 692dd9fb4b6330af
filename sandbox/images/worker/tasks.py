"""Celery application of truealpha: a worker (`celery --app tasks worker`) and a beat (`celery --app tasks beat --scheduler tasks.Clock`).

Both leave signs of life: a file that the container's health check looks at, and records in Redis from which anyone can tell afterwards
which job ran how often and whether there were ever two beats, or none.
"""

import json
import os
import socket
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

import redis
from celery import Celery
from celery.beat import Scheduler
from celery.signals import heartbeat_sent, worker_ready

ALIVE = Path(os.environ.get("ALIVE_FILE", "/dev/shm/truealpha-alive"))
KEPT_RECORDS = 100_000
HOST = socket.gethostname()


def setting(name, default=None):
    """The variable's value, or the content of the file that <name>_FILE names without the newline at its end."""
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value and file:
        sys.exit(f"{name}: is set, and {name}_FILE too; set one of them")
    if file:
        value = Path(file).read_text(encoding="utf-8").removesuffix("\n")
    if value:
        return value
    if default is None:
        sys.exit(f"{name}: missing; set it, or {name}_FILE to a file that holds it")
    return default


BUILD = json.loads(Path(os.environ.get("TRUEALPHA_VERSION_FILE", "/app/version.json")).read_text(encoding="utf-8"))
if BUILD["mode"] == "exits":
    print("this build exits on purpose", file=sys.stderr)
    sys.exit(3)


def redis_url():
    """Redis by its parts, for where no URL is given. A password may hold any sign."""
    password = quote(setting("REDIS_PASSWORD", ""), safe="")
    return f"redis://:{password}@{setting('REDIS_HOST', 'redis')}:{setting('REDIS_PORT', '6379')}/0"


# Celery itself reads these two names and would let them win over anything said here.
BROKER = setting("CELERY_BROKER_URL", redis_url())
BACKEND = setting("CELERY_RESULT_BACKEND", BROKER)
BEAT_SECONDS = float(setting("BEAT_SECONDS", "5"))

app = Celery("truealpha", broker=BROKER, backend=BACKEND)
app.conf.update(
    task_default_queue=setting("CELERY_QUEUE", "celery"),
    task_serializer="json",
    accept_content=["json"],
    result_expires=3600,
    task_track_started=True,
    # A job belongs to a worker only once it is done: one that dies, or is stopped before it began, gives its jobs back.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # Without the connection a job cannot be acknowledged and is delivered again; going on with it would do it twice.
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={"visibility_timeout": int(setting("CELERY_VISIBILITY_SECONDS", "120"))},
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_max_loop_interval=min(BEAT_SECONDS, 1.0),
    beat_schedule={"heartbeat": {"task": "truealpha.heartbeat", "schedule": BEAT_SECONDS}},
)
store = redis.Redis.from_url(BACKEND, socket_timeout=5, decode_responses=True)


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def alive():
    """What the health check looks at."""
    if BUILD["mode"] != "never-healthy":
        ALIVE.touch()


def record(key, **fields):
    """Appends one JSON line to a list in Redis that keeps its newest entries."""
    pipe = store.pipeline()
    about = {"host": HOST, "version": BUILD["version"], "release": os.environ.get("TERRACE_RELEASE"), "at": now()}
    pipe.rpush(key, json.dumps({**about, **fields}))
    pipe.ltrim(key, -KEPT_RECORDS, -1)
    pipe.execute()


def count_run(task):
    """Counts the run of a job under its id before its work begins, so that a second run shows even if the first one died."""
    pipe = store.pipeline()
    pipe.incr("truealpha:runs:total")
    pipe.hincrby("truealpha:runs:count", task.request.id, 1)
    pipe.execute()
    redelivered = bool((task.request.delivery_info or {}).get("redelivered"))
    record("truealpha:runs:log", id=task.request.id, task=task.name, origin=task.request.origin, redelivered=redelivered)


@app.task(bind=True, name="truealpha.shout")
def shout(self, word, seconds=0):
    """The word in capitals, after `seconds` of work."""
    count_run(self)
    time.sleep(seconds)
    return word.upper()


@app.task(bind=True, name="truealpha.heartbeat", ignore_result=True)
def heartbeat(self):
    """Sent by beat every BEAT_SECONDS: the way from beat through the queue to a worker is open."""
    record("truealpha:heartbeats", origin=self.request.origin)


@worker_ready.connect
@heartbeat_sent.connect
def worker_alive(sender=None, **_):
    """Celery sends its own heartbeat every two seconds while it is connected to the broker."""
    name = getattr(sender, "hostname", None) or f"celery@{HOST}"
    try:
        store.set(f"truealpha:worker:{HOST}", json.dumps({"name": name, "version": BUILD["version"], "at": now()}), ex=15)
        alive()
    except redis.RedisError as error:
        print(f"worker: no sign of life left: {error}", file=sys.stderr, flush=True)


class Clock(Scheduler):
    """Celery's scheduler without a file of its own (what is due is due again after a start), leaving a sign of life at every tick."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.ticked = 0.0

    def tick(self, *arguments, **options):
        delay = super().tick(*arguments, **options)
        if time.monotonic() - self.ticked >= 1:
            self.ticked = time.monotonic()
            try:
                record("truealpha:beat:ticks")
                alive()
            except redis.RedisError as error:
                # Goes on: beat itself waits for the broker too. The health check tells.
                print(f"beat: no sign of life left: {error}", file=sys.stderr, flush=True)
        return delay
