using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>Reads the scopes that a line is logged in, at once: when the sink comes, they are over.</summary>
internal static class ScopeCapture
{
    public static IReadOnlyList<object> Capture(IExternalScopeProvider scopes)
    {
        List<object>? captured = null;
        scopes.ForEachScope(
            (scope, _) =>
            {
                if (scope is not null)
                {
                    (captured ??= []).Add(CaptureOne(scope));
                }
            },
            state: 0);
        return captured ?? [];
    }

    private static object CaptureOne(object scope)
    {
        var values = CapturedEntry.Capture(scope, out var template);
        return values.Length > 0 && template is null ? values
            : values.Length > 0 ? (KeyValuePair<string, object?>[])[.. values, new("text", LogValue.TextOf(scope))]
            : LogValue.TextOf(scope);
    }
}
