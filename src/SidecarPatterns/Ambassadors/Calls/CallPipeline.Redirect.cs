using System.Net;

namespace SidecarPatterns;

/// <content>The redirects of an attempt: they share its time.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Follows redirects up to a response that is none, or is not to be followed.</summary>
    private async ValueTask<HttpResponseMessage> FollowAsync(Call call, HttpResponseMessage response, CancellationToken ct)
    {
        var request = call.Request;
        var first = call.SentTo ?? response.RequestMessage?.RequestUri ?? request.RequestUri!;
        var uri = first;
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

            target = Localize(call, target);
            if (NextHop(call, request, uri, target, response.StatusCode) is not { } next)
            {
                break;
            }

            response.Dispose();
            (request, uri) = (next, target);
            state.Account.CountAttempt(AttemptCause.Hop);
            call.HasSentSeveral = true;
            call.IsElsewhere = !RedirectRule.IsSameOrigin(first, target);
            response = await HopAsync(call, request, ct).ConfigureAwait(false);
            response.RequestMessage ??= request;
            call.Credential?.Credential.TakeOff(request);
            TakeHopAddress(call, request, target);
        }

        return response;
    }

    private async ValueTask<HttpResponseMessage> HopAsync(Call call, HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            // Within a pipeline it is the pipeline that is waited for, with its one wait.
            var sending = SendInner(call, request, ct);
            return call.Settings.Pipelines.Attempt is null ? await ResponseOf(call, sending).ConfigureAwait(false) : await sending.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            AttemptClassifier.MarkSent(exception); // Whatever became of this one, the request before has arrived.
            throw;
        }
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

        PlaceHopAddress(call, next, target);

        call.Credential?.Credential.TakeOff(next); // Put on again where it goes to the same origin.
        if (!RedirectRule.IsSameOrigin(from, target))
        {
            call.IsCredentialApplied = false;
            foreach (var name in call.Settings.SensitiveHeaders)
            {
                next.Headers.Remove(name);
            }

            foreach (var name in CredentialHeadersOf(call.Settings.Credential))
            {
                next.Headers.Remove(name); // Also where it is the caller's own.
            }
        }

        return next;
    }

    /// <summary>What a server says of itself, by a name that is its own or the client's for it, means that very server.</summary>
    private static Uri Localize(Call call, Uri target) => call.Lease.Endpoint.Address?.Localize(target, call.LogicalUri) ?? target;

    private static bool IsAtEndpoint(Call call, Uri address) => call.SentTo is { } endpoint && RedirectRule.IsSameOrigin(endpoint, address);

    /// <summary>
    /// Puts the address into a request that a redirect has led to; or leaves that to the last handler, where the request has one of its own for it.
    /// </summary>
    private void PlaceHopAddress(Call call, HttpRequestMessage next, Uri target)
    {
        next.Headers.Host = null; // That of the target.
        var endpoint = IsAtEndpoint(call, target) ? call.Lease.Endpoint.Address : null;
        if (!Inner.PlacesAddress)
        {
            next.Headers.Host = endpoint?.HostHeader;
        }
        else if (endpoint?.FindLogical(target, call.LogicalUri!) is { } logical)
        {
            next.RequestUri = logical;
            EndpointPlacing.Leave(next, endpoint);
        }
        else
        {
            next.Headers.Host = endpoint?.HostHeader;
            EndpointPlacing.TakeBack(next); // It has its address.
        }
    }

    /// <summary>Takes it out again: whoever looks at the response sees an address that can be called.</summary>
    private static void TakeHopAddress(Call call, HttpRequestMessage request, Uri target)
    {
        if (!IsAtEndpoint(call, target))
        {
            return;
        }

        var endpoint = call.Lease.Endpoint.Address!;
        request.RequestUri = endpoint.FindLogical(target, call.LogicalUri!) ?? target;
        if (endpoint.HostHeader is not null)
        {
            request.Headers.Host = null;
        }
    }
}
