# SPDX-License-Identifier: Apache-2.0
"""What every way in over HTTP shares: who asks, which headers leave, how a refusal looks.

`viewer_of` is the only way from a request to a viewer. The middlewares are listed in the settings, outermost
first: proxies, headers, (session, CSRF, authentication), sign-in, enrolment, last seen, errors. A route is closed
unless `routes.OPEN` names it.
"""
