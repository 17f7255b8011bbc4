"""Hands what happens to users to Celery.

    BROKER_URL=amqp://guest:guest@localhost:5672// celery -A worker worker

The queue `welcome` is bound to the exchange of the service, so that events wait in it while no worker runs. An event may come
twice, with the same id; a task that must not do its work twice looks at it.
"""

import json
import os

from celery import Celery, bootsteps
from kombu import Consumer, Exchange, Queue

app = Celery("users", broker=os.environ["BROKER_URL"])
# A task that was under way when its worker died is given to another.
app.conf.update(task_acks_late=True, broker_connection_retry_on_startup=True)

exchange = Exchange("user.events", type="topic", durable=True)
queue = Queue("welcome", exchange, routing_key="user.*", durable=True)


@app.task
def changed(event):
    """Does the work: here, a line in a file for each event."""
    with open(os.environ["EVENTS_FILE"], "a", encoding="utf-8") as file:
        file.write(json.dumps([event["id"], event["type"], event["data"]["email"]]) + "\n")


class Events(bootsteps.ConsumerStep):
    """Reads plain events, which are no messages of Celery's own, and makes a task of each."""

    def get_consumers(self, channel):
        return [Consumer(channel, queues=[queue], on_message=self.on_message, tag_prefix="events")]

    def on_message(self, message):
        changed.delay(json.loads(message.body))
        # Only now: the broker has the task.
        message.ack()


app.steps["consumer"].add(Events)
