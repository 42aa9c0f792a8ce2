"""Why a facility may look: its encounters, orders and referrals."""
