"""The change feed and its webhooks."""

from tests.access_matrix.world import Ask, AskMaker

TABLE = """
operation                own care other shut glass doctor desk quality audit admin none
changes.read             yes yes  nil   nil  yes   403    403  403     403   403   401
changes.list-webhooks    yes nil  nil   nil  nil   403    403  403     403   403   401
changes.subscribe        yes yes  yes   yes  yes   403    403  403     403   403   401
changes.get-webhook      yes 404  404   404  404   403    403  403     403   403   401
changes.unsubscribe      yes 404  404   404  404   403    403  403     403   403   401
changes.list-deliveries  yes 404  404   404  404   403    403  403     403   403   401
changes.replay           yes 404  404   404  404   403    403  403     403   403   401
"""

ASKS: dict[str, AskMaker] = {
    "changes.read": lambda actor: Ask(query="limit=200", shows=actor.about.ids["exam_id"]),
    "changes.list-webhooks": lambda actor: Ask(shows=actor.about.ids["webhook_id"]),
    "changes.subscribe": lambda _: Ask(json={"url": "https://his.example/another"}),
    "changes.replay": lambda _: Ask(json={"since": 0}),
}
