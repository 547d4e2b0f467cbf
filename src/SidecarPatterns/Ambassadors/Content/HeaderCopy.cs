using System.Net.Http.Headers;

namespace SidecarPatterns;

/// <summary>Copies headers as they stand, whether or not they are well formed.</summary>
internal static class HeaderCopy
{
    public static void CopyTo(this HttpHeaders source, HttpHeaders target)
    {
        foreach (var (name, values) in source.NonValidated)
        {
            target.Put(name, values);
        }
    }

    public static void Put(this HttpHeaders target, string name, HeaderStringValues values)
    {
        if (values.Count == 1)
        {
            target.TryAddWithoutValidation(name, values.ToString());
            return;
        }

        target.TryAddWithoutValidation(name, values);
    }
}
