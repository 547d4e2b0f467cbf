using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>A response of which a test sees whether it was disposed of.</summary>
internal sealed class TrackedResponse(HttpStatusCode status = HttpStatusCode.OK) : HttpResponseMessage(status)
{
    public bool IsDisposed { get; private set; }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
