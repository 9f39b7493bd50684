"""Why a message did not leave, as it is kept; shown in the reader's language, what follows a colon as it came."""

from django.utils.translation import gettext_noop

REFUSED_SIGN_IN = gettext_noop("the provider refuses our credentials")
UNREACHABLE = gettext_noop("the provider cannot be reached")
CERTIFICATE = gettext_noop("the provider's certificate cannot be trusted")
NO_ANSWER = gettext_noop("the provider did not answer")
BROKE = gettext_noop("the connection broke")
CLOSED = gettext_noop("the mail server takes nothing now")
SLOW_DOWN = gettext_noop("the provider asks us to slow down")
REFUSED_ADDRESS = gettext_noop("the provider refuses the address")
NO_EMAIL = gettext_noop("no way out for e-mail is set up (EMAIL_URL)")
NO_SMS = gettext_noop("no way out for text messages is set up (TWILIO_ACCOUNT_SID)")
