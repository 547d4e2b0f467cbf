using System.Net;

namespace SidecarPatterns;

/// <content>The redirects of an attempt: they share its time.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Follows redirects up to a response that is none, or is not to be followed.</summary>
    private async ValueTask<HttpResponseMessage> FollowAsync(Call call, HttpResponseMessage response, CancellationToken ct)
    {
        var request = call.Request;
        var uri = call.SentTo ?? response.RequestMessage?.RequestUri ?? request.RequestUri!;
        for (var hops = 0; hops < call.Settings.Options.Redirect.MaxHops && RedirectRule.IsRedirect(response); hops++)
        {
            if (IsHopRefused(call, uri, response))
            {
                break;
            }

            if (RedirectRule.TargetOf(uri, response) is not { } target)
            {
                break;
            }

            target = call.Lease.Endpoint.Address?.Localize(target) ?? target;
            if (NextHop(call, request, uri, target, response.StatusCode) is not { } next)
            {
                break;
            }

            response.Dispose();
            (request, uri) = (next, target);
            state.Account.CountAttempt(AttemptCause.Hop);
            response = await ResponseOf(call, SendInner(call, request, ct)).ConfigureAwait(false);
            response.RequestMessage ??= request;
            call.Credential?.Credential.TakeOff(request);
        }

        return response;
    }

    /// <summary>The request of the next hop; <see langword="null"/> if its content can not be sent again.</summary>
    private HttpRequestMessage? NextHop(Call call, HttpRequestMessage request, Uri from, Uri target, HttpStatusCode status)
    {
        var method = RedirectRule.MethodOf(request.Method, status);
        var dropsContent = method != request.Method;
        if (!dropsContent && request.Content is not null && !call.IsReplayable)
        {
            return null;
        }

        var next = RequestClone.Of(request, target, method);
        if (dropsContent)
        {
            next.Content = null;
            next.Headers.TransferEncodingChunked = null;
        }

        next.Headers.Host = RedirectRule.IsSameOrigin(from, target) ? call.Lease.Endpoint.Address?.HostHeader : null; // Else that of the target.
        if (Inner.PlacesAddress)
        {
            EndpointPlacing.TakeBack(next); // It has its address.
        }

        call.Credential?.Credential.TakeOff(next); // Put on again where it goes to the same origin.
        if (!RedirectRule.IsSameOrigin(from, target))
        {
            call.IsCredentialApplied = false;
            foreach (var name in call.Settings.SensitiveHeaders)
            {
                next.Headers.Remove(name);
            }
        }

        return next;
    }
}
