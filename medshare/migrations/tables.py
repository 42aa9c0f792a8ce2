"""Every table of the index, imported so that the metadata is whole."""

from medshare.access import store as access
from medshare.audit import store as audit
from medshare.facilities import store as facilities
from medshare.infra import lease, outbox
from medshare.infra.db import Row

STORES = (access, audit, facilities, lease, outbox)
metadata = Row.metadata
